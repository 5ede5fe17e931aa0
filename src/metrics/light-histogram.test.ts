import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from './registry.ts';

test('observations are counted up to each bound, by label', async () => {
  const registry = new MetricsRegistry();
  const text = { name: 'a_seconds', help: 'A.' };
  const seconds = registry.histograms(text, ['operation'], [0.5, 1, 2]);
  for (const value of [0.25, 0.5, 0.75, 2, 3]) seconds('Put').observe(value);
  seconds('Get').observe(1);
  const lines = (await registry.text()).trim().split('\n');
  assert.deepEqual(lines, [
    '# HELP a_seconds A.',
    '# TYPE a_seconds histogram',
    'a_seconds_bucket{le="0.5",operation="Put"} 2',
    'a_seconds_bucket{le="1",operation="Put"} 3',
    'a_seconds_bucket{le="2",operation="Put"} 4',
    'a_seconds_bucket{le="+Inf",operation="Put"} 5',
    'a_seconds_sum{operation="Put"} 6.5',
    'a_seconds_count{operation="Put"} 5',
    'a_seconds_bucket{le="0.5",operation="Get"} 0',
    'a_seconds_bucket{le="1",operation="Get"} 1',
    'a_seconds_bucket{le="2",operation="Get"} 1',
    'a_seconds_bucket{le="+Inf",operation="Get"} 1',
    'a_seconds_sum{operation="Get"} 1',
    'a_seconds_count{operation="Get"} 1',
  ]);
});

test('a histogram without labels is shown before its first observation', async () => {
  const registry = new MetricsRegistry();
  registry.histogram({ name: 'b_bytes', help: 'B.' }, [4]);
  const text = await registry.text();
  assert.match(text, /^b_bytes_bucket\{le="4"\} 0\n.*\nb_bytes_sum 0\nb_bytes_count 0$/m);
});
