import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from './registry.ts';

test('counts, sets, observes and reads, each registry for itself', async () => {
  const registry = new MetricsRegistry();
  const other = new MetricsRegistry();
  registry.counter({ name: 'a_total', help: 'A.' }).add(3);
  other.counter({ name: 'a_total', help: 'A.' }).add(1);
  const requests = registry.counters({ name: 'b_total', help: 'B.' }, ['operation', 'code']);
  requests('PutRecord', '200').add(1);
  requests('PutRecord', '200').add(1);
  requests('PutRecord', '400').add(1);
  registry.histogram({ name: 'c_seconds', help: 'C.' }, [1, 2]).observe(1.5);
  registry.gauge({ name: 'd', help: 'D.' }).set(4);
  let total = 5;
  registry.counted({ name: 'e_total', help: 'E.' }, () => total);
  registry.measured({ name: 'f', help: 'F.' }, () => total * 2);
  await registry.text();
  total = 7;
  const lines = (await registry.text()).split('\n');
  for (const line of [
    'a_total 3',
    'b_total{operation="PutRecord",code="200"} 2',
    'b_total{operation="PutRecord",code="400"} 1',
    'c_seconds_bucket{le="1"} 0',
    'c_seconds_bucket{le="2"} 1',
    'd 4',
    'e_total 7',
    'f 14',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
  }
  assert.match(registry.contentType, /^text\/plain/);
});
