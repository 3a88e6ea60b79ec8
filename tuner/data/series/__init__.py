"""Time series: what a forecast is asked for, the values of each series in order, their seasons, spacing and windows."""
