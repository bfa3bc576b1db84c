/** What trains besides the fusion and the regression, which always do. */
export interface TrainedParts {
  flow: 'frozen' | 'trained';
  /** A number is the first dense block that trains; the stem and the blocks before it are frozen. */
  picture: 'frozen' | 'trained' | number;
  sound: 'frozen' | 'trained';
}

/** Whether a parameter trains, by its name; also whether a batch norm does, by its path. Running averages never do. */
export function trains(parts: TrainedParts): (name: string) => boolean {
  return (name) => {
    if (/\.running_(mean|var)$/.test(name)) return false;
    const stream = /^(flow|picture|sound)\./.exec(name)?.[1] as keyof TrainedParts | undefined;
    if (!stream) return true;
    const part = parts[stream];
    return typeof part === 'number' ? blockOf(name) >= part : part === 'trained';
  };
}

/** The dense block that a parameter of DenseNet is in or follows: 0 for the stem, infinite for the last norm. */
function blockOf(name: string): number {
  const block = /\.(?:denseblock|transition)(\d+)\./.exec(name)?.[1];
  return block ? Number(block) : name.startsWith('picture.features.norm5') ? Number.POSITIVE_INFINITY : 0;
}
