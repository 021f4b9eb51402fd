-- What the trading system owns: its orders, its books, and what they add up to.
-- Money and sizes are numeric, times are UTC milliseconds, and every key is chosen so
-- that writing the same fact twice is harmless.

create schema trading_data;

create table trading_data.orders (
    client_id text primary key,
    order_id text,
    symbol text not null,
    side text not null check (side in ('buy', 'sell')),
    kind text not null,
    size numeric not null,
    limit_price numeric,
    stop_price numeric,
    reduce_only boolean not null default false,
    status text not null,
    filled numeric not null default 0,
    average_price numeric,
    reason text not null default '',
    created_ms bigint not null
);
create index orders_created on trading_data.orders (created_ms);

create table trading_data.fills (
    fill_id text primary key,
    order_id text not null,
    client_id text,
    symbol text not null,
    side text not null check (side in ('buy', 'sell')),
    size numeric not null,
    price numeric not null,
    time_ms bigint not null
);
create index fills_time on trading_data.fills (time_ms);

create table trading_data.trades (
    trade_id text primary key,
    symbol text not null,
    side text not null check (side in ('long', 'short')),
    size numeric not null,
    entry_price numeric not null,
    exit_price numeric,
    opened_ms bigint not null,
    closed_ms bigint,
    realised_usd numeric not null default 0,
    fees_usd numeric not null default 0,
    funding_usd numeric not null default 0,
    score numeric,
    exit_reason text
);
create index trades_opened on trading_data.trades (opened_ms);

create table trading_data.equity (
    time_ms bigint primary key,
    balance_usd numeric not null,
    floating_usd numeric not null,
    equity_usd numeric not null,
    exchange_equity_usd numeric
);

create table trading_data.ledger (
    entry_id bigint primary key,
    time_ms bigint not null,
    kind text not null,
    symbol text,
    fee_usd numeric not null default 0,
    realised_usd numeric not null default 0,
    funding_usd numeric not null default 0,
    balance_usd numeric not null
);
create index ledger_time on trading_data.ledger (time_ms);

create table trading_data.heatmap (
    hour smallint primary key check (hour between 0 and 23),
    trades integer not null default 0,
    wins integer not null default 0,
    net_usd numeric not null default 0,
    updated_ms bigint not null
);
