/**
 * Checks JSON text from a file against a valibot schema. What is wrong is told by place and by what
 * was expected, never by what was found, since that may be a secret.
 */
import * as v from 'valibot';

/** The text is no JSON, or not of the shape it must have. */
export class JsonShapeError extends Error {
  override readonly name = 'JsonShapeError';
}

/** Bytes in standard base64; exactly `bytes` of them where given. */
export function base64Text(bytes: number | null = null): v.GenericSchema<string> {
  const expected = bytes === null ? 'base64' : `${bytes} bytes in base64`;
  return v.pipe(
    v.string(),
    v.check(
      (text) =>
        /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) &&
        (bytes === null || Buffer.byteLength(text, 'base64') === bytes),
      expected,
    ),
  );
}

/** Text of a pattern; `expected` describes it. */
export function patternText(pattern: RegExp, expected: string): v.GenericSchema<string> {
  return v.pipe(v.string(), v.regex(pattern, expected));
}

/** The value the text stands for. Throws JsonShapeError. */
export function parseJsonShape<T>(schema: v.GenericSchema<unknown, T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Messages of JSON.parse quote the text, and with it whatever is in the file.
    throw new JsonShapeError('it is not valid JSON');
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? 'the file';
  const ofType = issue.kind === 'schema' ? issue.expected : null;
  throw new JsonShapeError(`${place}: expected ${ofType ?? issue.message}`);
}
