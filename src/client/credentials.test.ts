import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CredentialSources } from './credentials.ts';
import { DUMMY_CREDENTIALS, findCredentials, parseIni, ProfileError } from './credentials.ts';

const nothing: CredentialSources = {
  env: {},
  credentialsFile: null,
  configFile: null,
  profile: null,
};
const credentialsFile = `
# mine
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key=a/b+c=
[work]
  ; nested or not, no comment is a setting
aws_access_key_id=AKWORK
aws_secret_access_key = s
aws_session_token = t
`;
const configFile =
  '[default]\nregion=eu-central-1\n' +
  '[profile work]\r\nregion = us-west-2\r\ns3 =\n  region = no\n';

test('without anything configured there are keys for open authentication', () => {
  assert.deepEqual(findCredentials(nothing), {
    credentials: DUMMY_CREDENTIALS,
    from: 'dummy',
    region: null,
  });
});

test('the environment wins over the default profile, whose region is kept', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: '' };
  assert.deepEqual(findCredentials({ ...nothing, env, credentialsFile, configFile }), {
    credentials: { accessKeyId: 'AKENV', secretAccessKey: 'x' },
    from: 'environment',
    region: 'eu-central-1',
  });
});

test('a profile that was asked for wins over the environment', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 'x' };
  const sources = { ...nothing, env, credentialsFile, configFile, profile: 'work' };
  assert.deepEqual(findCredentials(sources), {
    credentials: { accessKeyId: 'AKWORK', secretAccessKey: 's', sessionToken: 't' },
    from: 'profile',
    region: 'us-west-2',
  });
});

test('half a pair of keys is none', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKENV' };
  const found = findCredentials({ ...nothing, env, credentialsFile });
  assert.equal(found.credentials.accessKeyId, 'AKDEFAULT');
});

test('a profile without keys is an error only when it was asked for', () => {
  const env = { AWS_PROFILE: 'absent' };
  assert.throws(() => findCredentials({ ...nothing, env, credentialsFile }), ProfileError);
  assert.equal(findCredentials({ ...nothing, configFile }).from, 'dummy');
});

test('names of sections and settings are plain data', () => {
  const sections = parseIni('[__proto__]\nconstructor=x\n[toString]\n=novalue\nlone\n');
  assert.deepEqual(Object.keys(sections), ['__proto__', 'toString']);
  assert.deepEqual({ ...sections['__proto__'] }, { constructor: 'x' });
});
