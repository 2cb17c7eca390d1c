import type { Clock, SteadyClock } from '../base/clock.ts'
import { openStore, type Store } from '../store/database.ts'
import { type Files, openFiles } from '../store/files/files.ts'
import { lastPlace } from '../store/files/folders.ts'
import { openRows, type Rows } from '../store/rows.ts'
import { openClock } from './kept-clock.ts'

/** The open data directory. */
export interface Data {
  readonly store: Store
  readonly rows: Rows
  readonly files: Files
  /** The clock of the machine, which never goes back. */
  readonly clock: SteadyClock
  /** Removes files that no row names, in the background. Call once, when nothing can keep the emulator from starting. */
  sweep(): void
  close(): void
}

/**
 * Opens the database, the files and the clock that they keep.
 *
 * @param directory null keeps everything in memory
 * @throws Error if the database cannot be opened
 */
export function openData(directory: string | null, machine: Clock): Data {
  const store = openStore(directory)
  let files: Files | undefined
  try {
    const rows = openRows(store, lastPlace(directory))
    const opened = (files = openFiles(directory, (world) => rows.worlds.place(world)))
    const kept = openClock(machine, store, rows)
    return { store, rows, files, clock: kept.clock, sweep: () => sweep(opened, rows), close }

    function close(): void {
      try {
        kept.keep()
      } catch {
        // The disk fails: the stored time is at most a second ahead.
      }
      opened.close()
      store.close()
    }
  } catch (error) {
    files?.close()
    store.close()
    throw error
  }
}

function sweep(files: Files, rows: Rows): void {
  void files
    .sweep({
      worldAt: (place) => rows.worlds.at(place),
      job({ world, jobId }) {
        const job = rows.jobs.find(world, jobId)
        return job === undefined || job.deletedAt !== null ? undefined : job
      },
      jobIds: (world) => rows.jobs.ids(world),
    })
    .catch(() => undefined)
}
