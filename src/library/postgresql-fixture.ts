import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { requirement } from '../support/testing.ts';

/** Where Debian puts PostgreSQL's programs, by version. */
const versions = '/usr/lib/postgresql';

function programs(): string | undefined {
  const found = existsSync(versions)
    ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0]
    : undefined;
  return found && join(versions, found, 'bin');
}

export const hasPostgresql: boolean = requirement(
  'PostgreSQL (Debian package postgresql)',
  () => programs() !== undefined,
);

/** A PostgreSQL server of its own for tests and benchmarks, in a temporary folder, reached by a socket there. */
export class PostgresqlServer {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'affectline-postgresql-'));
  private process: ChildProcess | undefined;
  private databases = 0;

  async start(): Promise<void> {
    const data = join(this.folder, 'data');
    // it refuses to run as root
    const user =
      process.getuid?.() === 0
        ? Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }))
        : undefined;
    const options = {
      ...(user !== undefined && { uid: user }),
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    };
    if (user !== undefined) chownSync(this.folder, user, -1);
    if (!existsSync(data))
      execFileSync(
        join(programs()!, 'initdb'),
        ['-D', data, '-U', 'affectline', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
        {
          ...options,
          stdio: 'ignore',
        },
      );
    const settings = [
      '-c',
      'listen_addresses=',
      '-c',
      'fsync=off',
      '-c',
      `unix_socket_directories=${this.folder}`,
    ];
    this.process = spawn(join(programs()!, 'postgres'), ['-D', data, ...settings], {
      ...options,
      stdio: 'ignore',
    });
    for (let tries = 0; ; tries++) {
      const client = new pg.Client({ connectionString: this.url('postgres') });
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (tries > 600 || this.process.exitCode !== null) throw error;
        await sleep(100);
      }
    }
  }

  url(database: string): string {
    return `postgres://affectline@localhost/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** A new database. @returns its URL. */
  async createDatabase(): Promise<string> {
    const name = `test${++this.databases}`;
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return this.url(name);
  }

  /** Ends the server, as a crash does where the signal is SIGKILL; `start` starts it again. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
