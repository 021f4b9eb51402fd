-- Funding that has accrued and is not settled yet: with balance and floating it adds up to
-- the equity.
alter table trading_data.equity add column funding_usd numeric not null default 0;

-- What was settled by day (UTC) and symbol, from the account log alone.
create view trading_data.pnl as
select (to_timestamp(time_ms / 1000.0) at time zone 'UTC')::date as day,
       symbol,
       sum(realised_usd) as realised_usd,
       sum(fee_usd) as fees_usd,
       sum(funding_usd) as funding_usd,
       sum(realised_usd - fee_usd + funding_usd) as net_usd
  from trading_data.ledger
 where symbol <> ''
 group by 1, 2;

create view trading_data.funding as
select entry_id, time_ms, symbol, funding_usd
  from trading_data.ledger
 where funding_usd <> 0;
