// An address `s3://bucket/prefix` → files there, each whole or absent; folders that hold the same as one of this machine;
// things that one process at a time holds. Keys, region and server are those of the environment.
export { Bucket, BucketError, type Condition, isBucket, type Listed, type StoredText } from './bucket.ts';
export { fetchFolder, type Mirrored, putFolder, removeOthers } from './folder.ts';
export { type BucketLock, lockInBucket } from './lock.ts';
