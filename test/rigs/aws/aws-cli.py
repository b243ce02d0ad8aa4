"""Runs the AWS CLI with its sleeps played.

The CLI's own code decides when to call and how long to wait; only time.sleep is replaced. With RB_PLAYED_TIME=factor:<n> a
sleep takes its n-th part. With RB_PLAYED_TIME=manual it moves the played time of the scripted endpoint on by as much, so
that the number of requests depends on the length of the rollout alone.
"""

import os
import sys
import time
import urllib.request

from awscli.clidriver import main

played = os.environ["RB_PLAYED_TIME"]
sleep = time.sleep


def move_on(seconds):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/rig/advance?seconds={seconds}"
    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()


if played == "manual":
    time.sleep = move_on
else:
    factor = float(played.removeprefix("factor:"))
    time.sleep = lambda seconds: sleep(seconds / factor)

sys.exit(main())
