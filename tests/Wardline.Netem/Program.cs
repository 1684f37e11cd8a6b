using Wardline.Netem.Relay;

return RelayProgram.Run(args);
