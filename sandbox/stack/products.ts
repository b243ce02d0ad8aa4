/** The products have the ids from 1 to this one. */
export const productCount = 50;
