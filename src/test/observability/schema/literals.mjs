// Writes each board as TypeScript, for the compiler to hold against model.ts: node literals.mjs <folder of boards> <folder>
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const [from, to] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
let count = 0;
for (const file of readdirSync(from).filter((name) => name.endsWith(".json"))) {
  const { panels, ...board } = JSON.parse(readFileSync(`${from}/${file}`, "utf8"));
  const lines = [
    'import type { Board, Panel, Row } from "../model";',
    `export const board: Board = ${JSON.stringify(board, null, 2)};`,
    ...panels.map((panel) => {
      const type = panel.type === "row" ? "Row" : `Panel<${JSON.stringify(panel.type)}>`;
      return `// ${panel.title}\nexport const panel${panel.id}: ${type} = ${JSON.stringify(panel, null, 2)};`;
    }),
  ];
  writeFileSync(`${to}/${file.replace(/\.json$/, ".ts")}`, lines.join("\n\n") + "\n");
  count += panels.length;
}
console.log(`${count} panels and rows`);
