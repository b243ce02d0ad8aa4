/** The question after a call that failed, below the path of the call; no step may have this id. */
export const takeBackId = 'take-back';
