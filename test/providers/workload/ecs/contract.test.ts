import { workloadContract } from '../contract.ts';
import { startEcsRig } from './ecs-rig.ts';

workloadContract('the scripted ECS peer', startEcsRig);
