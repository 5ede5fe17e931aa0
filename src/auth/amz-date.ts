/**
 * The ISO 8601 basic form in which signatures carry instants: `20261122T051500Z`.
 */

const basicForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Epoch milliseconds; null when the text is no date of this form. */
export function parseAmzDate(text: string): number | null {
  const match = basicForm.exec(text);
  if (match === null) {
    return null;
  }
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // Fields out of range would roll over into another instant.
  return formatAmzDate(ms) === text ? ms : null;
}

/** The instant in the basic form; fractions of a second are dropped. */
export function formatAmzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}
