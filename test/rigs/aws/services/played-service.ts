/**
 * What a played service answers to each operation: the input has passed the model, the output will be held against it.
 * Errors: `AwsError`, as the real service would answer.
 */
// The request types of the SDK differ by operation; the model has checked the input before it gets here.
// oxlint-disable-next-line no-explicit-any
export type Operations = Readonly<Record<string, (input: any) => object>>;
