/** One thing that was checked. */
export interface Finding {
  /** `failure`: a server will not work; `warning`: it will, but not as well as it should. */
  readonly verdict: 'good' | 'warning' | 'failure';
  readonly subject: string;
  readonly found: string;
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null;
}

export function good(subject: string, found: string): Finding {
  return { verdict: 'good', subject, found, advice: null };
}

export function warning(subject: string, found: string, advice: string): Finding {
  return { verdict: 'warning', subject, found, advice };
}

export function failure(subject: string, found: string, advice: string): Finding {
  return { verdict: 'failure', subject, found, advice };
}
