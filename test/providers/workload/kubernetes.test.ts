import { workloadContract } from './contract.ts';
import { startKubernetesRig } from './rig/kubernetes-rig.ts';

workloadContract('a Kubernetes Deployment', () => startKubernetesRig());
