// Package widgets are the pieces that Parley's screens are made of: text that ends in an ellipsis, buttons, pills, meters, avatars,
// fields, banners, the chat list and the video tile. Each holds its state in fields, draws by a renderer of its own, and is touched
// only on the UI thread. Env, which a window makes once, gives them what they share: tooltips and the window's keys.
package widgets
