import { workloadContract } from './contract.ts';
import { startCommandRig } from './rig/command-rig.ts';

workloadContract('commands', startCommandRig);
