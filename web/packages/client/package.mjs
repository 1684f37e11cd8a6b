// Usage: node package.mjs [FOLDER]          (a new one; default: dist, made anew. Then `npm pack FOLDER` or `npm publish FOLDER`)
// Writes what others install: ES modules and declarations, one for each source, whose imports name files, so that a
// browser, Node and every bundler find them; the worker is a file beside them that `new URL(…, import.meta.url)` names.
// Types are not checked here: `npm run package` does that before.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const here = import.meta.dirname;
const out = path.resolve(process.argv[2] ?? path.join(here, 'dist'));
const source = path.join(here, 'src');

/** `./call` is `./call.js` to whoever does not guess; the worker is compiled, so `./worker/worker.ts` is it too. */
const named = specifier => !/^\.\.?\//.test(specifier) ? specifier : `${specifier.replace(/\.ts$/, '')}.js`;

function rename(context) {
  const { factory } = context;
  const visit = node => {
    if (ts.isImportDeclaration(node)) {
      return factory.updateImportDeclaration(node, node.modifiers, node.importClause, literal(node.moduleSpecifier), node.attributes);
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      return factory.updateExportDeclaration(node, node.modifiers, node.isTypeOnly, node.exportClause, literal(node.moduleSpecifier), node.attributes);
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      return factory.updateImportTypeNode(node, factory.createLiteralTypeNode(literal(node.argument.literal)), node.attributes, node.qualifier, node.typeArguments, node.isTypeOf);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && ts.isStringLiteral(node.arguments[0])) {
      return factory.updateNewExpression(node, node.expression, node.typeArguments, [literal(node.arguments[0]), ...node.arguments.slice(1)]);
    }
    return ts.visitEachChild(node, visit, context);
  };
  const literal = node => factory.createStringLiteral(named(node.text), true);
  return file => ts.visitEachChild(file, visit, context);
}

function compile(config, declaration) {
  const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(path.join(here, config), {
    noEmit: false, noCheck: true, outDir: path.join(out, 'dist'), rootDir: source, declaration, sourceMap: true, inlineSources: true, newLine: ts.NewLineKind.LineFeed,
  }, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: problem => { throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n')); } });
  const program = ts.createProgram(fileNames, options);
  const problems = [...errors, ...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics()];
  // A source is compiled here; where it lies on this machine is nobody's business.
  const write = (file, text) => ts.sys.writeFile(file, file.endsWith('.map') ? relativeMap(text) : text);
  const { diagnostics } = program.emit(undefined, write, undefined, false, { before: [rename], afterDeclarations: [rename] });
  problems.push(...diagnostics);
  if (problems.length > 0) {
    throw new Error(ts.formatDiagnostics(problems, { getCurrentDirectory: () => here, getCanonicalFileName: f => f, getNewLine: () => '\n' }));
  }
}

/** The text of a source stands in the map; its name is the one that it has in the repository. */
function relativeMap(text) {
  const map = JSON.parse(text);
  map.sources = map.sources.map(name => `wardline-client/${name.slice(name.lastIndexOf('/src/') + 1)}`);
  return JSON.stringify(map);
}

const { name, version, description, license, type, sideEffects, keywords } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
if (process.argv[2] === undefined) rmSync(out, { recursive: true, force: true });
mkdirSync(path.dirname(out), { recursive: true });
mkdirSync(out); // refuses one that is there: whatever is in it would be published too
compile('tsconfig.json', true);
compile('tsconfig.worker.json', false);
writeFileSync(path.join(out, 'package.json'), `${JSON.stringify({
  name, version, description, keywords, license, type, sideEffects,
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  files: ['dist'],
}, null, 2)}\n`);
cpSync(path.join(here, 'README.md'), path.join(out, 'README.md'));
cpSync(path.join(here, '../../../LICENSE'), path.join(out, 'LICENSE'));
