# `npm start`: installs what is missing, then runs start.ts with Node 24. `npm run dev` passes `--dev`: the
# Worker and the runners restart when their code changes, and their log lines are printed.
#
# It is a shell script, because `exec` replaces it by start.ts. A program that waits for start.ts would take
# 50 MB as long as the service runs.
set -e
cd "${0%/*}/.."
node scripts/prepareStart.mjs

export PATH="$PWD/node_modules/.bin:$PATH"
# The programs that start.ts starts keep their compiled code there too, and start faster.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$PWD/node_modules/.cache/node}"
# Node 24 prints a warning for node:sqlite.
exec node --disable-warning=ExperimentalWarning scripts/start.ts "$@"
