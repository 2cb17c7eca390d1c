// `exec --sweep`: its rules, and what it does to clients in this process. Real programs are in `exec-sweep.test.ts`.
import { Command, Option } from 'commander'
import { reportOptions } from '../../src/commands/report-options.ts'
import { readSweepFlags, sweepOptions } from '../../src/commands/sweep-options.ts'

export const jobs = '/v1/customer/jobs'

export function parse(...args: string[]) {
  const command = new Command().exitOverride()
  for (const { flags, help, repeatable } of [...reportOptions, ...sweepOptions]) {
    const option = new Option(flags, help)
    command.addOption(repeatable ? option.argParser((value, all: string[] = []) => [...all, value]) : option)
  }
  return readSweepFlags(command.parse(args, { from: 'user' }).opts())
}
