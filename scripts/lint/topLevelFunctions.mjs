/**
 * Lint rule `reelqueue/top-level-functions`: named functions at the top level of a module are
 * function declarations. Arrow functions are for callbacks, where a declaration would be longer.
 */
const rule = {
  meta: { type: 'suggestion' },
  create(context) {
    function check(declaration) {
      if (declaration?.type !== 'VariableDeclaration') {
        return
      }
      for (const { id, init } of declaration.declarations) {
        // Functions with a type on the variable are allowed: a declaration cannot have a
        // function type.
        const isFunction = /^(Arrow)?FunctionExpression$/.test(init?.type)
        if (isFunction && !id.typeAnnotation) {
          context.report({
            node: init,
            message: `Write "function ${id.name}" instead of a variable.`,
          })
        }
      }
    }
    return {
      Program({ body }) {
        for (const statement of body) {
          check(statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement)
        }
      },
    }
  },
}

export default { meta: { name: 'reelqueue' }, rules: { 'top-level-functions': rule } }
