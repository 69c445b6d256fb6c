import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { buildProgram } from '../src/cmd/app/cli.ts';
import { environmentName } from '../src/cmd/app/config-environment.ts';
import { allowedText, type Leaf, settings } from '../src/cmd/app/config-problems.ts';

const CONFIGURATION = new URL('../docs/configuration.md', import.meta.url);
const COMMAND_LINE = new URL('../docs/command-line.md', import.meta.url);
const BEGIN = '<!-- What follows is made by `make reference`. -->\n';

/** Options that the page names once. */
const COMMON = ['--help', '--config', '--log-level'];

/** The generated pages as they should be, by file. */
export async function referencePages(): Promise<Map<string, string>> {
  return new Map([
    [fileURLToPath(CONFIGURATION), configurationPage()],
    [fileURLToPath(COMMAND_LINE), await commandLinePage()],
  ]);
}

function configurationPage(): string {
  const sections = Map.groupBy(settings(), ({ path }) => path.slice(0, -1).join('.'));
  const lists = [...sections].map(([section, leaves]) => {
    const title = section === '' ? 'Without a section' : `\`${section}\``;
    return `\n## ${title}\n\n${leaves.map(entry).join('')}`;
  });
  return `${keptPart(CONFIGURATION)}${lists.join('')}`;
}

function entry({ path, schema }: Leaf): string {
  const { default: value, description } = schema;
  const shown = Array.isArray(value) ? value.join(',') : String(value);
  const standard = shown === '' ? 'empty by default' : `default \`${shown}\``;
  const names = `\`${path.join('.')}\`, \`${environmentName(path)}\``;
  return `- ${names}: ${String(description)} (${allowedText(schema)}; ${standard})\n`;
}

async function commandLinePage(): Promise<string> {
  const program = await buildProgram();
  return `${keptPart(COMMAND_LINE)}${program.commands.flatMap((command) => described(command, program.name())).join('')}`;
}

/** A command and those below it. */
function described(command: Command, parent: string): string[] {
  const help = command.createHelp();
  const name = `${parent} ${command.name()}`;
  const usage = `${name} ${command.usage()}`.trim();
  const entries = [
    ...help.visibleArguments(command).map((one) => [help.argumentTerm(one), help.argumentDescription(one)]),
    ...help.visibleOptions(command).map((one) => [help.optionTerm(one), help.optionDescription(one)]),
  ].filter(([term]) => !COMMON.some((one) => term?.includes(one)));
  const list = entries.map(([term, text]) => `- \`${term}\`: ${text}\n`).join('');
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  return [
    `\n### ${name}\n\n\`${usage}\`: ${command.description()}\n${list === '' ? '' : `\n${list}`}`,
    ...below.flatMap((child) => described(child, name)),
  ];
}

/** What stands before the generated part. */
function keptPart(page: URL): string {
  const [kept = ''] = readFileSync(page, 'utf8').split(BEGIN);
  return kept + BEGIN;
}

if (import.meta.main) for (const [file, text] of await referencePages()) writeFileSync(file, text);
