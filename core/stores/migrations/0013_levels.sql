-- Where each trade is to end. What rests at the exchange says it too, until the exchange
-- loses it while no process lives.
create table trading_data.levels (
    trade_id text primary key,
    opened_ms bigint not null,
    stop_price numeric not null,
    take_price numeric not null,
    trail_usd numeric not null,
    has_trailed boolean not null
);
