import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingPart, sumExpositions } from './exposition-sum.ts';
import { MetricsRegistry } from './registry.ts';

function registryWith(puts: number, open: number): MetricsRegistry {
  const registry = new MetricsRegistry();
  const requests = registry.counters({ name: 'requests_total', help: 'All of them.' }, ['name']);
  requests('put').add(puts);
  if (open > 0) requests('get').add(1);
  registry.measured({ name: 'open', help: 'Now.' }, () => open);
  registry.histogram({ name: 'seconds', help: 'Each.' }, [1, 2]).observe(puts);
  return registry;
}

test('series of several registries are added, each with its head once', async () => {
  const texts = [await registryWith(1, 0).text(), await registryWith(2, 5).text()];
  const sum = sumExpositions(texts);
  const lines = sum.split('\n');
  assert.equal(lines.filter((line) => line === '# TYPE requests_total counter').length, 1);
  for (const line of [
    'requests_total{name="put"} 3',
    'requests_total{name="get"} 1',
    'open 5',
    'seconds_bucket{le="1"} 1',
    'seconds_bucket{le="2"} 2',
    'seconds_bucket{le="+Inf"} 2',
    'seconds_sum 3',
    'seconds_count 2',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${sum}`);
  }
  assert.equal(sumExpositions([sum]), sum);
  assert.equal(sumExpositions(['', sum]), sum);
});

test('what lasts is everything but gauges', async () => {
  const lasting = lastingPart(await registryWith(1, 5).text());
  assert.match(lasting, /^requests_total\{name="put"\} 1$/m);
  assert.match(lasting, /^seconds_count 1$/m);
  assert.doesNotMatch(lasting, /open/);
});
