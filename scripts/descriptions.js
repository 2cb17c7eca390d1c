import ts from 'typescript'

/**
 * Puts the descriptions of schemas into their declarations, as comments on the fields, so that an editor shows them. The compiler
 * leaves them out, as it sees no more than the types of the calls that made the schemas.
 *
 * @param {string} text declarations of a module of schemas
 * @param {Readonly<Record<string, any>>} schemas what the module exports
 */
export function described(text, schemas) {
  const source = ts.createSourceFile('schemas.d.ts', text, ts.ScriptTarget.ES2022, true)
  /** @type {[number, string][]} */
  const comments = []

  /** @param {ts.TypeNode | undefined} type @param {any} schema what it is the type of */
  const visit = (type, schema) => {
    if (type === undefined || schema === undefined || !ts.isTypeReferenceNode(type)) return
    const kind = type.typeName.getText().split('.').at(-1)
    const inner = type.typeArguments?.[0]
    if (kind === 'TOptional') visit(inner, schema)
    if (kind === 'TArray') visit(inner, schema.items)
    if (kind !== 'TObject' || inner === undefined || !ts.isTypeLiteralNode(inner)) return
    for (const member of inner.members) {
      if (!ts.isPropertySignature(member) || !(ts.isIdentifier(member.name) || ts.isStringLiteral(member.name)))
        continue
      const field = schema.properties?.[member.name.text]
      if (field?.description)
        comments.push([member.getStart(), `/** ${field.description.replaceAll('*/', '*\\/')}. */ `])
      visit(member.type, field)
    }
  }
  for (const statement of source.statements.filter(ts.isVariableStatement)) {
    for (const { name, type } of statement.declarationList.declarations) visit(type, schemas[name.getText()])
  }
  return comments
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, comment]) => text.slice(0, at) + comment + text.slice(at), text)
}
