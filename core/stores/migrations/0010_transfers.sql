-- What was paid into the account, or taken out, by the account log.
alter table trading_data.ledger add column transfer_usd numeric not null default 0;
