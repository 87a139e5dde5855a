/** A disk that does not answer for a while: every sync of a process is held back for as long as the test wants. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Needs Linux and a C compiler. */
export const canHang = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int held(const char *name, int fd) {
  struct timespec pause = {0, 50000000};
  while (access(getenv("OUTPOST_TEST_HANG"), F_OK) == 0) nanosleep(&pause, 0);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(fd);
}
int fsync(int fd) { return held("fsync", fd); }
int fdatasync(int fd) { return held("fdatasync", fd); }
`

export class HangingDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'outpost-hanging-disk-'))
  readonly #flag = join(this.#folder, 'hangs')
  /** For the process whose disk it is. */
  readonly environment: Readonly<Record<string, string>>

  constructor() {
    const library = join(this.#folder, 'hang.so')
    writeFileSync(join(this.#folder, 'hang.c'), SOURCE)
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(this.#folder, 'hang.c'), '-ldl'])
    this.environment = { LD_PRELOAD: library, OUTPOST_TEST_HANG: this.#flag }
  }

  hang(): void {
    writeFileSync(this.#flag, '')
  }

  answer(): void {
    rmSync(this.#flag, { force: true })
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
