import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { bodyOf } from './errors.ts';

export interface GuardOptions {
  /** Whether the server may be asked under this name, as a request spells it: `127.0.0.1:8080`. */
  readonly isOwn: (host: string) => boolean;
  /** What has to be known to be answered; none on loopback. */
  readonly token?: string | undefined;
}

const cookie = 'affectline-token';
const reading = ['GET', 'HEAD'];

/**
 * Lets through who asks this server by its own name, writes from its own pages, and knows the token: a foreign page that
 * a browser has open, or a name that was bound to this address anew, is refused on every route. A browser is let in by
 * the address `/?token=…`, which leaves it a cookie.
 */
export function guard({ isOwn, token }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    const refuse = (reason: string) => context.json(bodyOf('not-permitted', reason), 403);
    const host = req.header('host') ?? '';
    if (!isOwn(host)) return refuse(`the server is not called '${host.slice(0, 200)}'`);
    const origin = req.header('origin');
    const site = req.header('sec-fetch-site');
    const foreign = origin !== undefined && !isOwn(/^https?:\/\/(.+)$/.exec(origin)?.[1] ?? '');
    if (!reading.includes(req.method) && (foreign || site === 'cross-site' || site === 'same-site'))
      return refuse('only pages of this server may change anything');
    if (token !== undefined) {
      const ticket = req.path === '/' ? req.query('token') : undefined;
      const given =
        req.header('authorization')?.replace(/^Bearer /, '') ?? ticket ?? getCookie(context, cookie);
      if (!isToken(given, token))
        return req.header('accept')?.includes('text/html')
          ? context.html(withoutToken, 403)
          : refuse('the token is missing or wrong; the server printed it when it started');
      if (ticket !== undefined) {
        setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
        return context.redirect('/');
      }
    }
    await next();
  };
}

/** What a person sees who comes without the token. */
const withoutToken = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Affectline: not without its token</title>
</head>
<body>
<main>
<h1>This library is open to those who know its token</h1>
<p>The address you used has no token, or a wrong one, or this browser no longer remembers it.</p>
<p>When the server started, it printed an address that ends with <code>/?token=</code> and a long text. Open that whole
address once: this browser then remembers it. If somebody else runs the server, ask them for the address.</p>
<p>Programs send the header <code>Authorization: Bearer</code> with the token.</p>
</main>
</body>
</html>
`;

function isToken(text: string | undefined, token: string): boolean {
  const given = Buffer.from(text ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Nothing of elsewhere is loaded, framed or guessed. */
export const headers: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  headers.set(
    'content-security-policy',
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
  );
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('cross-origin-resource-policy', 'same-origin');
  headers.set('cross-origin-opener-policy', 'same-origin');
};
