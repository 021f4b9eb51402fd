-- The distance of a trailing stop, and the stop that went to the exchange with an entry.
alter table trading_data.orders add column trail_usd numeric;
alter table trading_data.orders add column protect_price numeric;
