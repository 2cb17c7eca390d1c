// Folders that are made with all above them.
import { existsSync, mkdirSync, rmdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../../src/base/folders.ts'

void t.test('it makes all that is missing, and leaves what is there', async (t) => {
  const dir = t.testdir()
  makeFolder(join(dir, 'a', 'b', 'c'), 0o700)
  for (const path of ['a', 'a/b', 'a/b/c']) t.equal(statSync(join(dir, path)).mode & 0o777, 0o700)
  makeFolder(join(dir, 'a', 'b'))
  t.equal(statSync(join(dir, 'a', 'b')).mode & 0o777, 0o700)
  makeFolder(join(dir, 'd/e/'))
  t.ok(existsSync(join(dir, 'd', 'e')))
  symlinkSync(join(dir, 'a'), join(dir, 'link'))
  makeFolder(join(dir, 'link', 'f'))
  t.ok(existsSync(join(dir, 'a', 'f')))
  makeFolder('/')
})

void t.test('it says why there can be none', async (t) => {
  const dir = t.testdir({ file: '' })
  t.throws(() => makeFolder(join(dir, 'file')), { code: 'EEXIST' })
  t.throws(() => makeFolder(join(dir, 'file', 'a', 'b')), { code: 'ENOTDIR' })
  symlinkSync(join(dir, 'none', 'at all'), join(dir, 'dangling'))
  t.throws(() => makeFolder(join(dir, 'dangling')), { code: 'EEXIST' })
  t.throws(() => makeFolder(join(dir, 'dangling', 'a')), { code: 'EEXIST' })
})

void t.test('it does not try for ever', { skip: process.platform !== 'linux' && 'has no such folders' }, async (t) => {
  t.throws(() => makeFolder('/proc/none'), { code: 'ENOENT' })
  t.throws(() => makeFolder('/proc/none/a/b'), { code: 'ENOENT' })
  const gone = join(t.testdir(), 'gone')
  const former = process.cwd()
  mkdirSync(gone)
  process.chdir(gone)
  rmdirSync(gone)
  try {
    t.throws(() => makeFolder('a/b'), { code: 'ENOENT' })
  } finally {
    process.chdir(former)
  }
})
