/** So many seconds of the hurried program go by in a real one. */
export const clockFactor = 10;
