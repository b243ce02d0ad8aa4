import { BlockList, isIPv6 } from 'node:net';

/** Addresses that hand out a machine's credentials to whoever asks from inside it, and the link-local ranges they live in. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6'); // AWS
metadata.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud
metadata.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud
metadata.addAddress('168.63.129.16', 'ipv4'); // Azure
metadata.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6'); // 169.254.0.0/16 behind NAT64

/** Is this an address that a health URL must not lead to? Takes what the resolver gives, with or without a zone. */
export const isLinkLocal = (address: string): boolean => {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return metadata.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
};
