import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NameSpace } from './name-space.ts';
import { SimRandom } from './random.ts';

/** What many power losses leave of the names, each as a list of paths. */
function outcomes(prepare: (names: NameSpace) => void): Set<string> {
  const found = new Set<string>();
  for (let seed = 0; seed < 100; seed += 1) {
    const names = new NameSpace();
    prepare(names);
    names.losePower(new SimRandom(seed));
    found.add(names.paths().join(' '));
  }
  return found;
}

function sync(names: NameSpace, path: string = '/'): void {
  names.makeDurable(names.directory(path), names.lastChange);
}

describe('names after a power loss', () => {
  test('what was not synced is kept or lost, each for itself', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      names.createFile('/b');
    });
    assert.deepEqual(found, new Set(['', '/a', '/b', '/a /b']));
  });

  test('what was synced is there', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      sync(names);
    });
    assert.deepEqual(found, new Set(['/a']));
  });

  test('a removal can be undone until it is synced', () => {
    const removed = (names: NameSpace): void => {
      names.createFile('/a');
      sync(names);
      names.remove('/a');
    };
    assert.deepEqual(outcomes(removed), new Set(['', '/a']));
    const synced = outcomes((names) => {
      removed(names);
      sync(names);
    });
    assert.deepEqual(synced, new Set(['']));
  });

  test('a rename is done or not done, never half', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      sync(names);
      names.rename('/a', '/b');
    });
    assert.deepEqual(found, new Set(['/a', '/b']));
  });

  test('a replaced file is the old one or the new one', () => {
    const kept = new Set<string>();
    for (let seed = 0; seed < 100; seed += 1) {
      const names = new NameSpace();
      const old = names.createFile('/file');
      sync(names);
      const fresh = names.createFile('/file.new');
      names.rename('/file.new', '/file');
      names.losePower(new SimRandom(seed));
      const node = names.find('/file');
      assert.ok(node === old || node === fresh);
      kept.add(`${node === old ? 'old' : 'new'} ${names.paths().join(' ')}`);
    }
    assert.deepEqual(kept, new Set(['old /file', 'old /file /file.new', 'new /file']));
  });

  test('a rename between directories needs both of them synced', () => {
    const moved = (names: NameSpace): void => {
      names.makeDirectory('/from');
      names.makeDirectory('/to');
      names.createFile('/from/a');
      sync(names, '/from');
      names.rename('/from/a', '/to/a');
      sync(names, '/to');
    };
    assert.deepEqual(outcomes(moved), new Set(['/from/a', '/to/a']));
    const synced = outcomes((names) => {
      moved(names);
      sync(names, '/from');
    });
    assert.deepEqual(synced, new Set(['/to/a']));
  });

  test('of one name, nothing later is kept without what came before', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      sync(names);
      names.rename('/a', '/b');
      names.createFile('/a');
    });
    // The file that was synced is never without a name.
    assert.deepEqual(found, new Set(['/a', '/b', '/a /b']));
  });

  test('a sync of a name makes durable what the name depends on', () => {
    const found = outcomes((names) => {
      names.makeDirectory('/x');
      names.makeDirectory('/y');
      names.createFile('/x/a');
      sync(names, '/x');
      names.rename('/x/a', '/y/b');
      names.createFile('/x/a');
      sync(names, '/x');
    });
    assert.deepEqual(found, new Set(['/x/a /y/b']));
  });

  test('a sync covers what had happened when it began', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      const began = names.lastChange;
      names.createFile('/b');
      names.makeDurable(names.directory('/'), began);
    });
    assert.deepEqual(found, new Set(['/a', '/a /b']));
  });

  test('a sync that fails leaves its names in doubt for good', () => {
    const found = outcomes((names) => {
      names.createFile('/a');
      names.strand(names.directory('/'), names.lastChange);
      sync(names);
    });
    assert.deepEqual(found, new Set(['', '/a']));
  });

  test('directories are there once they are made', () => {
    const names = new NameSpace();
    names.makeDirectory('/a/b/../c');
    names.losePower(new SimRandom(1));
    assert.equal(names.find('/a/c')?.kind, 'directory');
    assert.equal(names.find('/a/b'), null);
  });
});

test('a directory cannot be renamed into itself, nor replace or be replaced', () => {
  const names = new NameSpace();
  names.makeDirectory('/a/b');
  names.createFile('/file');
  for (const [from, to] of [
    ['/a', '/a/b/c'],
    ['/a', '/file'],
    ['/file', '/a'],
  ] as const) {
    assert.throws(() => names.rename(from, to), { code: 'io' });
  }
  names.rename('/a', '/moved');
  assert.equal(names.find('/moved/b')?.kind, 'directory');
});
