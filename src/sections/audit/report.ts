export const showReport = async (...x: unknown[]): Promise<void> => {};
