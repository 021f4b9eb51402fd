-- How trades went by hour follows from the trades; nothing ever wrote this table.
drop table trading_data.heatmap;
