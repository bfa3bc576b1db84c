import type { FlowField } from './schedule.ts';

/** Components beyond this mean "unknown" in ground truth (the Middlebury convention). */
export const unknownFlow = 1e9;

/** Mean errors over the pixels whose true flow is known. */
export interface FlowErrors {
  /** Average end-point error: mean length of the difference, in pixels (AEPE). */
  readonly endpoint: number;
  /** Average angular error: mean angle between (u, v, 1) and its true value, in degrees (AAE; Barron, Fleet and Beauchemin 1994). */
  readonly angular: number;
  /** How many pixels were compared. */
  readonly known: number;
}

/**
 * Compares a flow with the true one, as the Middlebury benchmark does (Baker et al., IJCV 2011, section 4.1).
 *
 * @throws TypeError when the fields differ in size or no pixel's true flow is known.
 */
export function flowErrors(flow: FlowField, truth: FlowField): FlowErrors {
  if (flow.width !== truth.width || flow.height !== truth.height)
    throw new TypeError(
      `the flow is ${flow.width}×${flow.height}, the true flow ${truth.width}×${truth.height}; they have to agree`,
    );
  let known = 0;
  let endpoint = 0;
  let angular = 0;
  for (let p = 0; p < truth.u.length; p++) {
    const [u, v] = [flow.u[p]!, flow.v[p]!];
    const [trueU, trueV] = [truth.u[p]!, truth.v[p]!];
    if (!isKnown(trueU, trueV)) continue;
    known++;
    endpoint += Math.hypot(u - trueU, v - trueV);
    const product = u * trueU + v * trueV + 1;
    const cosine = product / Math.sqrt((u * u + v * v + 1) * (trueU * trueU + trueV * trueV + 1));
    angular += Math.acos(Math.min(1, Math.max(-1, cosine)));
  }
  if (known === 0) throw new TypeError('the true flow is unknown at every pixel');
  return { endpoint: endpoint / known, angular: ((angular / known) * 180) / Math.PI, known };
}

/** Whether both components are numbers that stand for a displacement. */
export function isKnown(u: number, v: number): boolean {
  return Math.abs(u) <= unknownFlow && Math.abs(v) <= unknownFlow;
}

/** AEPE alone. */
export function endpointError(flow: FlowField, truth: FlowField): number {
  return flowErrors(flow, truth).endpoint;
}

/** AAE alone. */
export function angularError(flow: FlowField, truth: FlowField): number {
  return flowErrors(flow, truth).angular;
}
