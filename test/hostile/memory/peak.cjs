// Loaded before `rb`: writes down the most memory that the process has had, in KiB. Not `maxRSS`, which begins with that of the process that forked it.
'use strict';
const { readFileSync, writeFileSync } = require('fs');
const file = process.env.RB_PEAK;

process.on('exit', () => {
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) || [undefined, ''];
  writeFileSync(file, peak);
});
