#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=1000000 MALLOC_TRIM_THRESHOLD_=16000000 node
// What is freed goes back to the system (glibc; docs/performance.md); npm's commands for Windows set these, too.
import { run } from './program.ts';

process.exitCode = await run(process.argv.slice(2));
