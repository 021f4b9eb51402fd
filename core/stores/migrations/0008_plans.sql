-- Entries that are spread over time, so that a restart goes on with them.
create table trading_data.plans (
    trade_id text primary key,
    side text not null,
    size numeric not null,
    clip_size numeric not null,
    decision_price numeric not null,
    max_slippage_frac numeric not null,
    started_ms bigint not null,
    duration_ms bigint not null,
    entries_sent integer not null,
    over boolean not null
);
