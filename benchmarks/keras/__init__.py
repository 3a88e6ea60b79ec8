"""What tuned networks reach within seconds, on each backend of Keras, beside KerasTuner."""
