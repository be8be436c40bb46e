/**
 * How a report looks. On a narrow screen a row of figures becomes a block, each cell behind the name of its column, and a
 * chart is scrolled sideways rather than made illegible.
 */
export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --ground: #ffffff; --faint: #59636e; --line: #d8dee4; --good: #116329; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --ground: #0d1117; --faint: #9198a1; --line: #30363d; --good: #4ac26b; --bad: #ff8078; }
}
body { max-width: 56rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); overflow-wrap: break-word; }
h1, h2 { line-height: 1.2; }
section { margin-top: 2.5rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dt { color: var(--faint); }
dd { margin: 0; white-space: pre-line; min-width: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; vertical-align: top; }
th { font-weight: normal; }
thead th { color: var(--faint); }
th:first-child { text-align: left; white-space: normal; }
[data-column='limit'] { text-align: left; }
.good { color: var(--good); white-space: nowrap; }
.bad { color: var(--bad); font-weight: 600; }
ul { list-style: none; padding: 0; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 40rem; height: auto; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  th:first-child { display: block; border: 0; padding: 0; font-weight: 600; }
  td { display: inline-block; border: 0; padding: 0 1rem 0 0; }
  td:empty { display: none; }
  td::before { content: attr(data-column) ' '; color: var(--faint); }
}
`;
