import {
  alice,
  all,
  allow,
  byDeny,
  deny,
  granted,
  no,
  put,
  stream,
  testCases,
  when,
} from './policy-cases.suite.ts';
import type { Cases, Values } from './policy-cases.suite.ts';

const ip = (value: string): Values => ({ 'aws:sourceip': [value] });
const at = (value: string): Values => ({ 'aws:currenttime': [value] });
const user = (value: string): Values => ({ 'aws:username': [value] });
const keys = (...values: string[]): Values => ({ 'aws:tagkeys': values });
const tag = (value: string): Values => ({ 'aws:resourcetag/team': [value] });
const n = (value: string): Values => ({ 'x:number': [value] });
const noon = '2026-11-22T12:00:00Z';

const conditionCases: Cases = [
  ['StringEquals fits', when({ StringEquals: { 'aws:username': 'al' } }, user('al')), 'allow'],
  ['StringEquals differs', when({ StringEquals: { 'aws:username': 'al' } }, user('Al')), no],
  ['StringEquals, missing key', when({ StringEquals: { 'aws:username': 'al' } }), no],
  [
    'StringEquals takes no wildcards',
    when({ StringEquals: { 'aws:username': 'a*' } }, user('al')),
    no,
  ],
  [
    'one of several values',
    when({ StringEquals: { 'aws:username': ['x', 'al'] } }, user('al')),
    'allow',
  ],
  ['keys ignore case', when({ StringEquals: { 'AWS:UserName': 'al' } }, user('al')), 'allow'],
  [
    'StringNotEquals fits',
    when({ StringNotEquals: { 'aws:username': 'al' } }, user('bo')),
    'allow',
  ],
  [
    'StringNotEquals, equal',
    when({ StringNotEquals: { 'aws:username': ['x', 'al'] } }, user('al')),
    no,
  ],
  ['StringNotEquals, missing key', when({ StringNotEquals: { 'aws:username': 'al' } }), 'allow'],
  [
    'StringEqualsIgnoreCase',
    when({ StringEqualsIgnoreCase: { 'aws:username': 'AL' } }, user('al')),
    'allow',
  ],
  [
    'StringNotEqualsIgnoreCase',
    when({ StringNotEqualsIgnoreCase: { 'aws:username': 'AL' } }, user('al')),
    no,
  ],
  ['StringLike', when({ StringLike: { 'aws:username': 'a?i*' } }, user('alice')), 'allow'],
  ['StringLike differs', when({ StringLike: { 'aws:username': 'a?i' } }, user('alice')), no],
  ['StringNotLike', when({ StringNotLike: { 'aws:username': 'b*' } }, user('alice')), 'allow'],
  ['StringNotLike, alike', when({ StringNotLike: { 'aws:username': 'a*' } }, user('alice')), no],
  ['NumericEquals', when({ NumericEquals: { 'x:number': '10' } }, n('10.0')), 'allow'],
  ['NumericNotEquals', when({ NumericNotEquals: { 'x:number': 10 } }, n('10')), no],
  ['NumericLessThan', when({ NumericLessThan: { 'x:number': 10 } }, n('9')), 'allow'],
  ['NumericLessThan, equal', when({ NumericLessThan: { 'x:number': 10 } }, n('10')), no],
  ['NumericLessThanEquals', when({ NumericLessThanEquals: { 'x:number': 10 } }, n('10')), 'allow'],
  ['NumericGreaterThan', when({ NumericGreaterThan: { 'x:number': 10 } }, n('9')), no],
  [
    'NumericGreaterThanEquals',
    when({ NumericGreaterThanEquals: { 'x:number': 10 } }, n('10')),
    'allow',
  ],
  ['no number', when({ NumericLessThan: { 'x:number': 10 } }, n('few')), no],
  [
    'DateLessThan',
    when({ DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }, at(noon)),
    'allow',
  ],
  [
    'DateLessThan, later',
    when({ DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }, at(noon)),
    no,
  ],
  [
    'DateGreaterThan',
    when({ DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }, at(noon)),
    'allow',
  ],
  [
    'DateGreaterThanEquals',
    when({ DateGreaterThanEquals: { 'aws:CurrentTime': noon } }, at(noon)),
    'allow',
  ],
  [
    'DateLessThanEquals, epoch',
    when({ DateLessThanEquals: { 'aws:CurrentTime': '4000000000' } }, at(noon)),
    'allow',
  ],
  [
    'DateEquals',
    when({ DateEquals: { 'aws:CurrentTime': '2026-11-22T13:00:00+01:00' } }, at(noon)),
    'allow',
  ],
  ['DateNotEquals', when({ DateNotEquals: { 'aws:CurrentTime': noon } }, at(noon)), no],
  [
    'Bool',
    when({ Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:securetransport': ['true'] }),
    'allow',
  ],
  [
    'Bool, as JSON',
    when({ Bool: { 'aws:SecureTransport': true } }, { 'aws:securetransport': ['false'] }),
    no,
  ],
  ['BinaryEquals', when({ BinaryEquals: { 'x:b': 'QmluYXJ5' } }, { 'x:b': ['QmluYXJ5'] }), 'allow'],
  [
    'IpAddress in the range',
    when({ IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } }, ip('10.1.200.3')),
    'allow',
  ],
  ['IpAddress outside', when({ IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } }, ip('10.2.0.3')), no],
  [
    'IpAddress, single',
    when({ IpAddress: { 'aws:SourceIp': '10.1.0.9' } }, ip('10.1.0.9')),
    'allow',
  ],
  [
    'IpAddress, mapped',
    when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, ip('::ffff:10.9.9.9')),
    'allow',
  ],
  [
    'IpAddress, v6',
    when({ IpAddress: { 'aws:SourceIp': '2001:db8::/32' } }, ip('2001:db8:1::5')),
    'allow',
  ],
  [
    'IpAddress, v6 outside',
    when({ IpAddress: { 'aws:SourceIp': '2001:db8::/32' } }, ip('2001:db9::5')),
    no,
  ],
  [
    'IpAddress, everything',
    when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, ip('8.8.8.8')),
    'allow',
  ],
  [
    'IpAddress, malformed',
    when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } }, ip('10.0.0.0')),
    no,
  ],
  [
    'NotIpAddress',
    when({ NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.168.0.0/16'] } }, ip('192.168.1.1')),
    no,
  ],
  [
    'NotIpAddress outside',
    when({ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, ip('192.168.1.1')),
    'allow',
  ],
  [
    'ArnLike',
    when(
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/al*' } },
      { 'aws:principalarn': [alice.arn] },
    ),
    'allow',
  ],
  [
    'ArnLike by parts',
    when(
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:user/alice' } },
      { 'aws:principalarn': [alice.arn] },
    ),
    no,
  ],
  [
    'ArnEquals',
    when({ ArnEquals: { 'aws:PrincipalArn': alice.arn } }, { 'aws:principalarn': [alice.arn] }),
    'allow',
  ],
  [
    'ArnNotEquals',
    when({ ArnNotEquals: { 'aws:PrincipalArn': alice.arn } }, { 'aws:principalarn': [alice.arn] }),
    no,
  ],
  [
    'ArnNotLike',
    when(
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::2*:*' } },
      { 'aws:principalarn': [alice.arn] },
    ),
    'allow',
  ],
  ['Null true, missing', when({ Null: { 'aws:username': 'true' } }), 'allow'],
  ['Null true, there', when({ Null: { 'aws:username': 'true' } }, user('al')), no],
  ['Null false, there', when({ Null: { 'aws:username': 'false' } }, user('al')), 'allow'],
  ['Null false, missing', when({ Null: { 'aws:username': false } }), no],
  ['IfExists, missing', when({ StringEqualsIfExists: { 'aws:username': 'al' } }), 'allow'],
  ['IfExists, fits', when({ StringEqualsIfExists: { 'aws:username': 'al' } }, user('al')), 'allow'],
  ['IfExists, differs', when({ StringEqualsIfExists: { 'aws:username': 'al' } }, user('bo')), no],
  ['IpAddressIfExists', when({ IpAddressIfExists: { 'aws:SourceIp': '10.0.0.0/8' } }), 'allow'],
  [
    'ForAnyValue, one',
    when({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, keys('b', 'z')),
    'allow',
  ],
  [
    'ForAnyValue, none',
    when({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, keys('y', 'z')),
    no,
  ],
  ['ForAnyValue, missing', when({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }), no],
  [
    'ForAllValues, all',
    when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, keys('b', 'a')),
    'allow',
  ],
  [
    'ForAllValues, not all',
    when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, keys('a', 'z')),
    no,
  ],
  [
    'ForAllValues, missing',
    when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }),
    'allow',
  ],
  [
    'ForAnyValue, negated',
    when({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'a' } }, keys('a', 'z')),
    'allow',
  ],
  [
    'ForAllValues, negated',
    when({ 'ForAllValues:StringNotEquals': { 'aws:TagKeys': 'a' } }, keys('a', 'z')),
    no,
  ],
  [
    'ForAllValues:StringLike',
    when({ 'ForAllValues:StringLike': { 'aws:TagKeys': 'team-*' } }, keys('team-a', 'team-b')),
    'allow',
  ],
  [
    'a tag of the resource',
    when({ StringEquals: { 'aws:ResourceTag/team': 'blue' } }, tag('blue')),
    'allow',
  ],
  [
    'another tag of the resource',
    when({ StringEquals: { 'aws:ResourceTag/team': 'blue' } }, tag('red')),
    no,
  ],
  [
    'two operators, one fails',
    when({ StringEquals: { 'aws:username': 'al' }, Bool: { 'x:b': 'true' } }, user('al')),
    no,
  ],
  [
    'two keys, one fails',
    when({ StringEquals: { 'aws:username': 'al', 'x:n': '1' } }, user('al')),
    no,
  ],
  [
    'a variable in a resource',
    { id: [[allow(put, stream.replace('orders', '${aws:username}'))]], env: user('orders') },
    'allow',
  ],
  [
    'a variable with another value',
    { id: [[allow(put, stream.replace('orders', '${aws:username}'))]], env: user('other') },
    no,
  ],
  [
    'a variable is taken literally',
    { id: [[allow(put, stream.replace('orders', '${aws:username}'))]], env: user('*') },
    no,
  ],
  ['a variable without value', { id: [[allow(put, `${stream}\${aws:username}`)]] }, no],
  [
    'a variable with a default',
    { id: [[allow(put, stream.replace('orders', "${aws:username, 'orders'}"))]] },
    'allow',
  ],
  [
    'a variable in a condition',
    when(
      { StringLike: { 'x:path': 'home/${aws:username}/*' } },
      { ...user('al'), 'x:path': ['home/al/x'] },
    ),
    'allow',
  ],
  ['an escaped star', when({ StringLike: { 'aws:username': 'a${*}' } }, user('al')), no],
  [
    'an escaped star, literally',
    when({ StringLike: { 'aws:username': 'a${*}' } }, user('a*')),
    'allow',
  ],
  [
    'the old version has no variables',
    {
      id: [[allow(put, stream.replace('orders', '${aws:username}'))]],
      env: user('orders'),
      version: '2008-10-17',
    },
    no,
  ],
  [
    'a deny with a condition that fails',
    {
      id: [all, [deny('*', '*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]],
      env: { 'aws:securetransport': ['true'] },
    },
    'allow',
  ],
  [
    'a deny with a condition that holds',
    {
      id: [all, [deny('*', '*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]],
      env: { 'aws:securetransport': ['false'] },
    },
    byDeny,
  ],
  [
    'a grant under a condition',
    {
      res: [granted('*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })],
      env: ip('11.0.0.1'),
    },
    no,
  ],
];

testCases('conditions', conditionCases);
