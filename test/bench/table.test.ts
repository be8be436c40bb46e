import t from 'tap';
import { figure } from '../../bench/scenario.ts';
import { show, table } from '../../bench/table.ts';

t.test('figures stand in columns, with what they are compared to', async (t) => {
  const figures = [
    figure({ name: 'os, median', unit: 'µs', value: 312.4, yardstick: 160, limit: { atMost: 2 } }),
    figure({ name: 'RSS', unit: 'MiB', value: 9.1234, yardstick: 6, limit: { atMost: 1.5 } }),
    figure({ name: 'messages', unit: 'msg/s', value: 20_123.7 }),
  ];
  t.same(table(figures).split('\n'), [
    'figure       value  unit   yardstick  ratio  limit',
    '----------  ------  -----  ---------  -----  -------------',
    'os, median     312  µs           160   1.95  <= 2 holds',
    'RSS           9.12  MiB            6   1.52  <= 1.5 MISSED',
    'messages    20,124  msg/s',
  ]);
});

t.test('numbers are shown as exactly as anybody reads them', async (t) => {
  t.same([0, 0.012345, 1.005, 99.96, 123.4, 1_234_567.8].map(show), ['0', '0.0123', '1.01', '100', '123', '1,234,568']);
});
