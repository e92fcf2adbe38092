// The Node.js driver, asked for all that a client does; prints what came back as JSON.
const snowflake = require('snowflake-sdk');

const env = process.env;
snowflake.configure({ logLevel: 'OFF', useEnvProxy: false });
const connection = snowflake.createConnection({
  account: env.PROXY_ACCOUNT,
  username: env.PROXY_USER,
  password: env.PROXY_TOKEN,
  accessUrl: `http://127.0.0.1:${env.PROXY_PORT}`,
});

const execute = (options, started) =>
  new Promise((resolve, reject) => {
    const statement = connection.execute({
      ...options,
      complete: (error, done, rows) => (error ? reject(error) : resolve(options.asyncExec || options.streamResult ? done : rows)),
    });
    if (started) started(statement);
  });
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function main() {
  await new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  const told = {};
  const bound = await execute({ sqlText: 'SELECT S FROM NUMBERS WHERE N = ?', binds: [7] });
  told.bound = bound[0].S;
  told.rows = 0;
  told.sum = 0;
  const streamed = await execute({ sqlText: 'SELECT N, S FROM NUMBERS', streamResult: true });
  for await (const row of streamed.streamRows()) {
    told.rows += 1;
    told.sum += row.N;
  }
  const begun = await execute({ sqlText: 'SELECT 41 + 1 AS ANSWER', asyncExec: true });
  const later = await connection.getResultsFromQueryId({ queryId: begun.getQueryId() });
  told.async = await new Promise((resolve, reject) => {
    later.streamRows().on('error', reject).on('data', (row) => resolve(row.ANSWER));
  });
  try {
    await execute({ sqlText: env.PROXY_ENDLESS }, (statement) =>
      setTimeout(() => statement.cancel(() => {}), 1000),
    );
    told.cancelled = 'not at all';
  } catch (error) {
    told.cancelled = String(error.code);
  }
  await wait(Number(env.PROXY_WAIT));
  told.renewed = (await execute({ sqlText: 'SELECT 43 AS ANSWER' }))[0].ANSWER;
  await new Promise((resolve, reject) => connection.destroy((error) => (error ? reject(error) : resolve())));
  console.log(JSON.stringify(told));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
