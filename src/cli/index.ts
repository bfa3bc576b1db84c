// Command-line arguments → exit code. One file per command; data goes to stdout, everything said to people to stderr.
export { run } from './program.ts';
