import { html, type Html } from './escape-html.ts';

/** Everything the HTML report needs to look like one: the reader's own fonts, no image, no request. */
export const stylesheet: Html = html`
  :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2330; --soft: #5c6675; --line: #dfe3e9;
  --code: #f0f2f5; --good: #1a7f4b; --warning: #9a6200; --bad: #c22f2f; --unknown: #6b4fb3; --neutral: #6a7482; } @media
  (prefers-color-scheme: dark) { :root { --page: #12161d; --card: #1a2029; --ink: #e4e8ee; --soft: #98a2b1; --line:
  #2e3642; --code: #10141a; --good: #4cc38a; --warning: #e0a63c; --bad: #f47272; --unknown: #ab95ef; --neutral: #8b96a5;
  } } * { box-sizing: border-box; } body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5
  system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; } main { max-width: 1080px; margin: 0 auto; padding: 40px
  24px 56px; } h1 { font-size: 30px; line-height: 1.2; margin: 0 0 14px; letter-spacing: -0.01em; overflow-wrap:
  anywhere; } h2 { font-size: 18px; margin: 36px 0 10px; } h3 { font-size: 15px; margin: 0 0 8px; display: flex; gap:
  10px; align-items: center; flex-wrap: wrap; } p, ul { margin: 0 0 8px; overflow-wrap: anywhere; } ul { padding-left:
  20px; } .over { color: var(--soft); font-weight: 600; margin: 0 0 4px; } .good { --tone: var(--good); } .warning {
  --tone: var(--warning); } .bad { --tone: var(--bad); } .unknown { --tone: var(--unknown); } .neutral { --tone:
  var(--neutral); } .outcome { border-left: 4px solid var(--tone); padding: 8px 14px; background: var(--card);
  border-radius: 0 8px 8px 0; } .outcome span { white-space: pre-line; } .outcome strong { color: var(--tone);
  margin-right: 10px; } .card, article { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px 20px; } .card { margin-top: 20px; } dl { display: grid; grid-template-columns: repeat(auto-fill,
  minmax(280px, 1fr)); gap: 14px 28px; margin: 0; } dt { color: var(--soft); font-size: 12.5px; } dd { margin: 0;
  overflow-wrap: anywhere; } .callout { border: 1px solid var(--warning); border-radius: 10px; padding: 14px 20px 8px;
  margin-top: 20px; background: var(--card); } .callout h2 { margin: 0 0 6px; color: var(--warning); } .wide {
  overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; } table {
  border-collapse: collapse; width: 100%; font-size: 13.5px; } th, td { text-align: left; padding: 8px 12px;
  border-bottom: 1px solid var(--line); vertical-align: top; } thead th { color: var(--soft); font-weight: 600;
  font-size: 12.5px; white-space: nowrap; } tbody th { font-weight: 600; min-width: 150px; } tbody tr:last-child > * {
  border-bottom: 0; } .time, .timeline time, .notes time { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .decision { min-width: 110px; } .right { text-align: right; font-variant-numeric: tabular-nums; } td.good, td.warning,
  td.bad, td.unknown { color: var(--tone); } .badge { color: var(--tone); border: 1px solid var(--tone); border-radius:
  999px; padding: 0 9px; font-size: 12px; font-weight: 600; white-space: nowrap; } .track { width: 110px; height: 8px;
  margin-top: 6px; background: var(--code); border-radius: 4px; overflow: hidden; display: flex; } .bar { min-width:
  3px; background: var(--tone); border-radius: 4px; flex: none; } .hint { color: var(--soft); margin: -6px 0 10px;
  font-size: 13px; } .timeline { list-style: none; margin: 0; padding: 16px 20px; background: var(--card); border: 1px
  solid var(--line); border-radius: 10px; } .timeline li { display: grid; grid-template-columns: auto 1fr; gap: 28px;
  padding-bottom: 12px; position: relative; } .timeline li:last-child { padding-bottom: 0; } .timeline time { color:
  var(--soft); font-size: 13px; padding-top: 1px; min-width: 58px; } .timeline div { position: relative; min-width: 0; }
  .timeline div::before { content: ""; position: absolute; left: -19px; top: 7px; width: 9px; height: 9px;
  border-radius: 50%; background: var(--tone); z-index: 1; } .timeline li:not(:last-child) div::after { content: "";
  position: absolute; left: -15px; top: 12px; bottom: -18px; width: 1px; background: var(--line); } .timeline .what {
  color: var(--tone); } .timeline p { color: var(--soft); margin: 0; white-space: pre-line; } article { margin-bottom:
  12px; } article > :last-child { margin-bottom: 0; } article .wide { margin: 4px 0 8px; } pre { background:
  var(--code); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; margin: 0 0 8px; font: 13px/1.5
  ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; } pre.error
  { border-left: 4px solid var(--bad); } pre .good, pre .bad { color: var(--tone); } .notes { color: var(--soft);
  font-size: 13.5px; } footer { margin-top: 36px; padding-top: 14px; border-top: 1px solid var(--line); color:
  var(--soft); font-size: 12.5px; overflow-wrap: anywhere; } @media print { :root { --page: #fff; --card: #fff; --ink:
  #000; --soft: #444; --line: #bbb; --code: #f4f4f4; --good: #14663c; --warning: #7a4d00; --bad: #a32020; --unknown:
  #523a96; --neutral: #555; } body { font-size: 11pt; } main { max-width: none; padding: 0; } .wide { overflow: visible;
  } table { font-size: 8.5pt; } th, td { padding: 4px 6px; } h2 { break-after: avoid; } article, tr, .timeline li, .card
  { break-inside: avoid; } .badge, .bar, .timeline div::before { print-color-adjust: exact; -webkit-print-color-adjust:
  exact; } }
`;
