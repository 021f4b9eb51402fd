-- Whose books these are. Simulated trades among real ones would size real trades.
create table trading_data.account (
    one boolean primary key default true check (one),
    kind text not null check (kind in ('paper', 'live')),
    since_ms bigint not null
);
