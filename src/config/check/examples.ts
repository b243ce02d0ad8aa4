/** All that a configuration needs. */
export const smallestConfig = `version: 1
service:
  name: checkout-api
environments:
  staging: {}
`;
