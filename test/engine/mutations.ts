/** A fault put into the engine on purpose. A test that does not notice it would not notice the same mistake of ours. */
export interface Mutation {
  /** Below `src/engine`. */
  readonly file: string;
  /** Stands in it once. */
  readonly search: string;
  readonly replacement: string;
  readonly danger: string;
}

const put = (file: string, search: string, replacement: string, danger: string): Mutation => ({
  file,
  search,
  replacement,
  danger,
});

/** Before a change is made. */
const before: readonly Mutation[] = [
  put(
    'run/carry-out.ts',
    "  run.emit({ type: 'step.intent', step: path, n: numberOf(run, path), tier, change, fingerprint });\n",
    '',
    'A change is made without an intent on record.',
  ),
  put(
    'run/carry-out.ts',
    'const { change, tier, fingerprint } = await stillTrue(frame, step, path, confirmed);',
    'const { change, tier, fingerprint } = confirmed;',
    'What a person thought about for an hour is done as it was planned then.',
  ),
  put(
    'run/carry-out.ts',
    '...(now.fingerprint === confirmed.fingerprint ? [] : whatChanged(run, confirmed.change, now.change)),',
    '',
    'Another state of the world than the confirmed one is changed.',
  ),
  put(
    'run/carry-out.ts',
    'tierNumber(now.tier) > tierNumber(confirmed.tier)',
    'tierNumber(now.tier) < tierNumber(confirmed.tier)',
    'A step that has become riskier is done under the smaller confirmation.',
  ),
  put(
    'run/confirm.ts',
    'if (answer.error) throw answer.error;',
    '',
    'A change is made after the operator has declined it.',
  ),
  put(
    'run/confirm.ts',
    "if (answer.by === 'prompt') for (const { planned } of plans) planned.freshUntil = Number.NEGATIVE_INFINITY;",
    '',
    'A plan is not looked at again after a person was asked.',
  ),
  put(
    'run/confirm.ts',
    "const uncovered = role === 'undo' ? 'it was in no plan' : uncoveredBecause(frame, path, title, plans);",
    'const uncovered = undefined;',
    'A flag answers for what nobody has seen.',
  ),
  put(
    'run/plan.ts',
    'tier: raiseTier(step.tier, change.raises?.length ?? 0),',
    'tier: step.tier,',
    'What makes a step riskier raises nothing.',
  ),
  put('run/plan.ts', 'run.expected?.requireSame(entry, step.title, run.effects);', '', '--plan guards nothing.'),
  put(
    'run/expected.ts',
    'throw new RunbookError(\'refused\', `"${title}" is not in the plan that --plan names.`, { next: planAgain });',
    'return true;',
    'A step that was in no plan is done under --plan.',
  ),
  put(
    'run/expected.ts',
    'if (open.some((one) => step === one || step.startsWith(`${one}/`))) return false;',
    'if (open.some((one) => step === one || step.startsWith(`${one}/`))) return true;',
    'What could not be planned is done without a question.',
  ),
  put(
    'run/guarded.ts',
    'for (const guard of guards) await guard[when](intended);',
    '',
    'A lock that somebody else holds does not keep a change from being made.',
  ),
  put(
    'run/run.ts',
    'if (recording.failed) throw recording.failure;',
    '',
    'Changes go on after a record could not be written.',
  ),
  put(
    'run/run.ts',
    'if (!recording.failed) Object.assign(recording, { failed: true, failure: error });',
    'throw error;',
    'After one lost record the next ones are taken again, and the record has a hole.',
  ),
  put(
    'operator.ts',
    'if (await prompts.confirm(request, requirement))',
    'if ((await prompts.confirm(request, requirement)) || true)',
    'Every answer is yes.',
  ),
];

/** While a change is made, and where it fails. */
const during: readonly Mutation[] = [
  put(
    'run/carry-out.ts',
    "if (finding.verdict === 'ok' || finding.verdict === 'warn') {",
    "if (finding.verdict !== 'critical') {",
    'A change that nobody could see is recorded as done.',
  ),
  put(
    'run/carry-out.ts',
    'finding = await step.verify(context, change, receipt);',
    "finding = { verdict: 'ok', summary: 'done' };",
    'Nothing is verified.',
  ),
  put(
    'run/carry-out.ts',
    'throw plain && !applied ? error : outcomeUnknown(run, change, error);',
    "throw plain ? error : new RunbookError('failed', 'It failed.');",
    'A change that may be there is recorded as failed.',
  ),
  put(
    'run/stepped.ts',
    '    if (!run.recording.failed)\n      run.emit({',
    "    if (outcomeOf(error) !== 'failed')\n      run.emit({",
    'A failure is not on record before its undo begins.',
  ),
  put(
    'run/stepped.ts',
    'run.undone.unshift({ path, title: step.title });',
    '',
    'The step that failed is not named among those that were not done.',
  ),
  put('run/sequence.ts', '        undone(index + 1);\n', '', 'What comes after a failure is not named as not done.'),
  put(
    'run/carry-out.ts',
    '  run.stop.soft.throwIfAborted();\n  run.requireRecord();\n',
    '  run.requireRecord();\n',
    'A change is made after Ctrl-C.',
  ),
  put(
    'run/each.ts',
    'if (open.length > 0) await confirm(frame, path, group.title, open);',
    '',
    'The items of a group are changed without a question.',
  ),
  put(
    'run/each.ts',
    '          await lookBefore(frame, group, its, item);\n',
    '',
    'An item is taken though the others are not well.',
  ),
  put(
    'run/check.ts',
    "if (looked.verdict === 'critical' && step.role !== 'evidence') {",
    "if (looked.verdict === 'critical' && step.role === 'verification') {",
    'A critical precondition lets the step through.',
  ),
  put(
    'run/check.ts',
    "if (error.kind !== 'unreachable' && !isFromOpening(error)) return undefined;",
    '',
    'Evidence that has failed counts as not seen, and the procedure goes on.',
  ),
  put(
    'run/undo.ts',
    'for (const one of around(child)) one.done = one.done.filter((each) => !done.includes(each));',
    '',
    'The calls around ask again about what was taken back, and it is taken back twice.',
  ),
  put(
    'run/undo.ts',
    "if (ended.result !== 'ok') return after;",
    '',
    'What was made before is taken back though what rests on it stays.',
  ),
  put('run/done.ts', "if (role === 'undo') return;", '', 'An undo counts as one more change.'),
  put(
    'run/sequence.ts',
    'throw await offerUndo(frame, step, path, trace, error);',
    'await offerUndo(frame, step, path, trace, error);',
    'The procedure goes on after a step that failed and was taken back.',
  ),
];

/** Calls and their frames. */
const calls: readonly Mutation[] = [
  put(
    'run/call.ts',
    "  run.emit({ type: 'call.opened', step: path, procedure: recorded(procedure), input: given });\n",
    '',
    'A call begins that the record does not know.',
  ),
  put(
    'run/call.ts',
    "  run.emit({ type: 'call.closed', step: path, verdict, summary, result: result ?? null });\n",
    '',
    'A call ends that the record does not know the end of.',
  ),
  put(
    'run/call.ts',
    '  data: new Map(),\n',
    '  data: of.parent?.data ?? new Map(),\n',
    'A second call of the same procedure reads what the first has seen.',
  ),
  put(
    'run/call.ts',
    'run.expected?.requireSameCall(path, title, procedure.id, run.redact(given));',
    '',
    'A call under --plan is made with another input.',
  ),
  put('run/sequence.ts', '{ ...run, emit },', '{ ...run },', 'Of looks side by side one speaks in between another.'),
  put(
    'run/verdict.ts',
    'return [...seen].filter(([step]) => !replaced.has(step));',
    'return [...seen];',
    'A first look counts though a second one has replaced it.',
  ),
  put(
    'session-outcome.ts',
    'if (run.applied === 0 && !planned) {',
    'if (run.root.does === "reads") {',
    'A procedure that has changed nothing ends well though what it found is critical.',
  ),
];

/** Going on with a session. */
const resuming: readonly Mutation[] = [
  put(
    'run/settle.ts',
    'if (before?.unsettled === undefined) {',
    'if (before?.unsettled !== undefined) return undefined;\n  if (before?.unsettled === undefined) {',
    'What an earlier run began is done again without a look.',
  ),
  put(
    'run/settle.ts',
    "verdict === 'unknown' ? await askedWhetherDone(frame, step, path, change, summary) : verdict !== 'critical';",
    "verdict !== 'critical';",
    'What nobody can see counts as done, and nobody is asked.',
  ),
  put(
    'run/settle.ts',
    "verdict === 'unknown' ? await askedWhetherDone(frame, step, path, change, summary) : verdict !== 'critical';",
    "verdict === 'ok';",
    'What nobody can see is done again.',
  ),
  put(
    'run/settle.ts',
    "if (before?.result !== 'failed' || before.cause !== 'failed') return undefined;",
    'return undefined;',
    'A change that has failed, and was taken back, is made again.',
  ),
  put(
    'run/settle.ts',
    '  made(frame, step, path, change, role);\n',
    '',
    'A change that an earlier run made is not counted.',
  ),
  put(
    'run/recorded.ts',
    'frame.run.history?.steps.get(path)?.unsettled ? recordedChange(frame, step, path) : undefined;',
    'undefined;',
    'What an interrupted change took away does not come back.',
  ),
  put(
    'run/restore.ts',
    "    case 'action':\n",
    "    case 'action':\n      if (frame.path !== '') return false;\n",
    'What is done in a call is done again.',
  ),
  put('run/restore.ts', '      if (!evidence) return false;\n', '', "Yesterday's check lets today's action through."),
  put(
    'run/restore.ts',
    'const evidence = frame.restored.has(step);',
    'const evidence = false;',
    'What an intent rests on is replaced by what is seen half-way.',
  ),
  put(
    'run/resuming.ts',
    'begun.some((one) => one === path || one.startsWith(`${path}/`))',
    'begun.some((one) => one === path)',
    'An intent inside a call counts for nothing in the procedure that called.',
  ),
  put(
    'run/each.ts',
    'const before = run.history?.steps.get(path)?.items;',
    'const before: readonly Item[] | undefined = undefined;',
    'A resumed group goes on with other items.',
  ),
  put(
    'run/each.ts',
    "if (before?.result !== 'ok') return false;",
    'return false;',
    'The items of a group that are done are done again.',
  ),
  put(
    'run/call.ts',
    "if (before && procedure.does === 'changes') return restoredData(title, procedure.input, before.input);",
    '',
    'A resumed call goes on with another input.',
  ),
  put(
    'run/sequence.ts',
    'failedForGood(frame.run, path) ?? runSequence,',
    'runSequence,',
    'A call that is half taken back goes on.',
  ),
  put(
    'run/undo.ts',
    "if (run.history?.steps.get(path)?.result === 'ok') return { result: 'ok' };",
    '',
    'What was taken back is taken back again.',
  ),
  put(
    'run/undo.ts',
    'const { result, finding } = await runAction(frame, undo, path, trace, ',
    "if (run.history?.steps.get(path)?.unsettled) return { result: 'ok' };\n    const { result, finding } = await runAction(frame, undo, path, trace, ",
    'An interrupted undo counts as done.',
  ),
  put(
    'run/undo.ts',
    'isBegun(run, path) || (run.operator.canAsk && !run.stop.soft.aborted);',
    'run.operator.canAsk && !run.stop.soft.aborted;',
    'An undo that was begun is never settled where nobody can be asked.',
  ),
  put(
    'run/decision.ts',
    'if (recorded) return chosen(frame, path, recorded);',
    '',
    'A resumed session asks again, and takes another way half-way.',
  ),
  put('run/manual.ts', 'if (recorded) return ended(recorded);', '', 'A person is asked to do again what is done.'),
  put(
    'run/run.ts',
    'const numbers = numbersIn(history);',
    'const numbers = numbersIn(undefined);',
    'Marks change on resume.',
  ),
  put(
    'run/run.ts',
    'applied: history ? appliedIn(history) : 0,',
    'applied: 0,',
    'A resumed session says that nothing was done.',
  ),
  put('session-state.ts', "step.unsettled = 'this run';", '', 'An intent without a result is no open question.'),
  put(
    'session-state.ts',
    "result === 'ok' || (step.unsettled === 'this run' && result !== 'unknown');",
    "result !== 'unknown';",
    'A resumed run that was declined makes the next one apply blindly.',
  ),
];

export const mutations: readonly Mutation[] = [...before, ...during, ...calls, ...resuming];
