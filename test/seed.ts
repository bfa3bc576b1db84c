import fc from 'fast-check';

// The same examples in every run, so that a failure is the change's and not chance's; `AFFECTLINE_FUZZ=long` draws new ones.
if (process.env.AFFECTLINE_FUZZ !== 'long') fc.configureGlobal({ seed: 2018 });
